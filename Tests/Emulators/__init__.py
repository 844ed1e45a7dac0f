"""Services that cannot run on a test machine, as far as VoiceNote speaks with them."""
