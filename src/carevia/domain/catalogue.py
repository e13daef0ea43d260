"""What can be booked, and where: the catalogue that a new database begins with. Prices in BDT minor units."""

from msgspec import Struct


class Service(Struct, frozen=True):
    """`priceHour` and `priceDay` in minor units."""

    id: str
    slug: str
    name: str
    nameBn: str
    description: str
    priceHour: int
    priceDay: int
    currency: str = "bdt"


class Division(Struct, frozen=True):
    id: str
    name: str
    nameBn: str
    districts: list[str]


class Catalogue(Struct, frozen=True):
    services: list[Service]
    divisions: list[Division]


def _service(slug: str, name: str, name_bn: str, hour: int, day: int, description: str) -> Service:
    return Service(slug, slug, name, name_bn, description, hour * 100, day * 100)


def _division(name: str, name_bn: str, districts: str) -> Division:
    return Division(name.lower(), name, name_bn, districts.split(", "))


SERVICES = (
    _service(
        "baby-sitting", "Baby Sitting", "শিশু দেখাশোনা", 350, 2500,
        "Somebody kind and awake with your child while you are away.",
    ),
    _service(
        "newborn-care", "Newborn Care", "নবজাতক সেবা", 420, 3000,
        "The first weeks: feeding, bathing, sleep, and rest for the mother.",
    ),
    _service(
        "elderly-care", "Elderly Care", "প্রবীণ সেবা", 300, 2200,
        "Help through the day for parents and grandparents, at their own pace.",
    ),
    _service(
        "nursing", "Nursing", "নার্সিং সেবা", 500, 3800,
        "A trained nurse at home: injections, dressings, catheters, observation.",
    ),
    _service(
        "post-surgery-care", "Post Surgery Care", "অস্ত্রোপচার-পরবর্তী সেবা", 420, 3200,
        "Wound care, medicine and first steps after an operation.",
    ),
    _service(
        "night-patient-watch", "Night Patient Watch", "রাতের রোগী দেখাশোনা", 450, 3400,
        "Somebody awake beside the bed, so that the family can sleep.",
    ),
    _service(
        "physiotherapy", "Physiotherapy", "ফিজিওথেরাপি", 600, 4200,
        "Exercises after a stroke, a fracture or a long time in bed.",
    ),
    _service(
        "medication-reminder", "Medication Reminder", "ওষুধ খাওয়ানোর সেবা", 250, 2000,
        "The right medicine at the right hour, and a note of what was taken.",
    ),
)  # fmt: skip

DIVISIONS = (
    _division("Barishal", "বরিশাল", "Barguna, Barishal, Bhola, Jhalokati, Patuakhali, Pirojpur"),
    _division(
        "Chattogram",
        "চট্টগ্রাম",
        "Bandarban, Brahmanbaria, Chandpur, Chattogram, Cox's Bazar, Cumilla, Feni, Khagrachhari, Lakshmipur, "
        "Noakhali, Rangamati",
    ),
    _division(
        "Dhaka",
        "ঢাকা",
        "Dhaka, Faridpur, Gazipur, Gopalganj, Kishoreganj, Madaripur, Manikganj, Munshiganj, Narayanganj, Narsingdi, "
        "Rajbari, Shariatpur, Tangail",
    ),
    _division(
        "Khulna",
        "খুলনা",
        "Bagerhat, Chuadanga, Jashore, Jhenaidah, Khulna, Kushtia, Magura, Meherpur, Narail, Satkhira",
    ),
    _division("Mymensingh", "ময়মনসিংহ", "Jamalpur, Mymensingh, Netrokona, Sherpur"),
    _division("Rajshahi", "রাজশাহী", "Bogura, Chapainawabganj, Joypurhat, Naogaon, Natore, Pabna, Rajshahi, Sirajganj"),
    _division(
        "Rangpur", "রংপুর", "Dinajpur, Gaibandha, Kurigram, Lalmonirhat, Nilphamari, Panchagarh, Rangpur, Thakurgaon"
    ),
    _division("Sylhet", "সিলেট", "Habiganj, Moulvibazar, Sunamganj, Sylhet"),
)
