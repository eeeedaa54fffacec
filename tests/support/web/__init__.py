"""What stands in front of the app: a real proxy, a host that shows it in a frame."""
