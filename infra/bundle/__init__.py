"""Bags: an exported history as a BagIt bag that anybody can check (docs/bags.md)."""
