"""Who somebody is and for whom they may act: what ownership streams share."""
