# VoiceNote's front door. What each target does stands in scripts/.
CONFIG ?= release
KILLS ?= 100
.DEFAULT_GOAL := help
.PHONY: help run build test lint format bench crash-test

help:
	@echo 'make run      start the server; CONFIG=debug builds faster'
	@echo 'make build    build without starting; CONFIG=debug builds faster'
	@echo 'make test     every test: Swift, then real clients against a running server'
	@echo 'make crash-test  kill the server KILLS=100 times under load, and look for what is lost'
	@echo 'make lint     check the format of the Swift sources'
	@echo 'make format   repair it'
	@echo 'make bench    compare with ffmpeg, sox, nginx, rclone and the old stack; ARGS=--quick for a short run'

run: build
	@exec .build/$(CONFIG)/voicenote serve

build:
	@scripts/bootstrap run
	@swift build -c $(CONFIG) --product voicenote

test:
	@scripts/test

crash-test:
	@scripts/bootstrap test
	@swift build --product voicenote
	@scripts/crash-test --kills $(KILLS) $(ARGS)

lint:
	@swift format lint --strict --parallel --recursive Sources Tests Package.swift

format:
	@swift format --in-place --parallel --recursive Sources Tests Package.swift

bench:
	@scripts/bench $(ARGS)
