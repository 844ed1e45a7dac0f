enum AudioStub {}
