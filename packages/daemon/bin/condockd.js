#!/usr/bin/env node
import '../dist/condockd.js';
