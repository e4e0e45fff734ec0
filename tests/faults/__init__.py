"""What goes wrong between Home Assistant and a service, and what the user gets."""
