#!/usr/bin/env node
/* global require */
require('../dist/condock.js');
