"""Tests of the service, over real HTTP."""
