"""The catalogue in the store: what a new database begins with, and what the booking page shows."""

import msgspec
from sqlalchemy import select

from carevia.domain.catalogue import DIVISIONS, SERVICES, Catalogue, Division, Service
from carevia.store.store import Store
from carevia.store.tables import divisions, services
from carevia.store.transaction import Transaction

_SERVICES = select(services).order_by(services.c.name)
_DIVISIONS = select(divisions).order_by(divisions.c.name)


class Catalogues:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def seed(self) -> None:
        """At every start: what is missing is added, what an operator has changed stays changed."""
        await self._store.write(_seed)

    async def show(self) -> Catalogue:
        return await self._store.read(_show)


def _seed(tx: Transaction) -> None:
    for service in SERVICES:
        tx.insert_new(
            services,
            id=service.id,
            slug=service.slug,
            name=service.name,
            name_bn=service.nameBn,
            description=service.description,
            price_hour=service.priceHour,
            price_day=service.priceDay,
            currency=service.currency,
        )
    for division in DIVISIONS:
        districts = msgspec.json.encode(division.districts).decode()
        tx.insert_new(divisions, id=division.id, name=division.name, name_bn=division.nameBn, districts=districts)


def _show(tx: Transaction) -> Catalogue:
    return Catalogue(
        services=[
            Service(
                row.id,
                row.slug,
                row.name,
                row.name_bn,
                row.description,
                row.price_hour,
                row.price_day,
                row.currency,
            )
            for row in tx.all(_SERVICES)
        ],
        divisions=[
            Division(row.id, row.name, row.name_bn, msgspec.json.decode(row.districts, type=list[str]))
            for row in tx.all(_DIVISIONS)
        ],
    )
