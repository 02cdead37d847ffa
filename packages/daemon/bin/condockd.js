#!/usr/bin/env node
/* global require */
require('../dist/bundle/condockd.js');
