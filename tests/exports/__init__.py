"""Tests of exports that workers write."""
