#!/usr/bin/env node
import '../dist/condock.js';
