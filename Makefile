# VoiceNote's front door. What each target does stands in scripts/.
CONFIG ?= release
.DEFAULT_GOAL := help
.PHONY: help run build test lint format bench

help:
	@echo 'make run      start the server; CONFIG=debug builds faster'
	@echo 'make build    build without starting; CONFIG=debug builds faster'
	@echo 'make test     every test: Swift, then real clients against a running server'
	@echo 'make lint     check the format of the Swift sources'
	@echo 'make format   repair it'
	@echo 'make bench    compare with ffmpeg, nginx and the old stack; ARGS=--quick for a short run'

run: build
	@exec .build/$(CONFIG)/voicenote serve

build:
	@scripts/bootstrap run
	@swift build -c $(CONFIG) --product voicenote

test:
	@scripts/test

lint:
	@swift format lint --strict --parallel --recursive Sources Tests Package.swift

format:
	@swift format --in-place --parallel --recursive Sources Tests Package.swift

bench:
	@scripts/bench $(ARGS)
