"""The queue: which tickets need what, and why, now or as of any moment."""

from projections.queue.items import Filters, Item, Page
from projections.queue.next import Doing, Next, Why
from projections.queue.read import find, item, page
from projections.queue.write import NAME, QueueWriter

__all__ = [
    "NAME",
    "Doing",
    "Filters",
    "Item",
    "Next",
    "Page",
    "QueueWriter",
    "Why",
    "find",
    "item",
    "page",
]
