"""All that a conversation is made of, over one store: messages, notes, how far they got, attachments, saved replies,
drafts, the list of conversations, and that of customers with a booking."""

from collections.abc import Callable
from pathlib import Path

from carevia.domain.ids import Random
from carevia.service.attachments import Attachments
from carevia.service.chat import Chat
from carevia.service.conversations import Conversations
from carevia.service.drafts import Drafts
from carevia.service.message_status import MessageStatuses
from carevia.service.participants import Participants
from carevia.service.saved_replies import SavedReplies
from carevia.store.store import Store, attachments_folder


class Talk:
    """Attachments lie in a folder of their own in `data_dir`."""

    def __init__(self, store: Store, data_dir: Path, *, now: Callable[[], int], random: Random) -> None:
        self.chat = Chat(store, now=now)
        self.conversations = Conversations(store, now=now)
        self.statuses = MessageStatuses(store, now=now)
        self.attachments = Attachments(store, attachments_folder(data_dir), now=now, random=random)
        self.replies = SavedReplies(store, now=now, random=random)
        self.drafts = Drafts(store, now=now)
        self.participants = Participants(store)
