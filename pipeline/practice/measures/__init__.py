"""What can be measured of how somebody spoke, with its definition, its source and the clips it comes from? Pure."""
