#!/usr/bin/env node
import '../dist/bundle/condockd.js';
