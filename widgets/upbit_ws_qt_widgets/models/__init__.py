"""Pure models of the widgets: numpy allowed, no Qt."""
