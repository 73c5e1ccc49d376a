#!/usr/bin/env bash
echo draft
