# Runs the Autobahn test suite against a server: jython fuzz.py PACKAGES SPECIFICATION
#
# The suite is from the time of CPython 2.7. Under Jython, and with packages that only lie in a folder, a
# few things are missing that it imports and never or hardly uses; they are put in its way here.
import json
import os
import sys
import types
import unittest

PACKAGES, SPECIFICATION = sys.argv[1:]
sys.path.insert(0, PACKAGES)


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made
    return made


def inside(name):
    return os.path.join(PACKAGES, *name.split('.'))


class Distribution(object):
    version = '0.8.2'


# Packages that must not run their own __init__, or have none.
module('autobahntestsuite', __path__=[inside('autobahntestsuite')], version=Distribution.version)
module('zope', __path__=[inside('zope')])
# What setuptools would bring.
module('pkg_resources',
       get_distribution=lambda name: Distribution(),
       resource_filename=lambda package, name: os.path.join(inside(package), name))
module('unittest2', **unittest.__dict__)

# Twisted: no child processes and no TLS; one deprecation notice needs more than Jython has.
import twisted.internet
for name in ['process', 'ssl']:
    setattr(twisted.internet, name, module('twisted.internet.' + name))
module('twisted.protocols', __path__=[inside('twisted.protocols')])

# The templates of error pages are read at import, by a parser without one optional property.
from xml.sax.drivers2.drv_javasax import JavaSAXParser
set_property = JavaSAXParser.setProperty


def set_known_property(parser, name, value):
    if not name.endswith('/lexical-handler'):
        set_property(parser, name, value)


JavaSAXParser.setProperty = set_known_property

import txaio
txaio.use_twisted()

# Two parameters went away between the suite and this version of autobahn.
from autobahn.websocket.protocol import WebSocketClientFactory
begin = WebSocketClientFactory.__init__


def begin_without_debug(factory, *arguments, **named):
    factory.debug = named.pop('debug')
    factory.debugCodePaths = named.pop('debugCodePaths')
    begin(factory, *arguments, **named)


WebSocketClientFactory.__init__ = begin_without_debug

from twisted.internet import reactor
from autobahntestsuite.fuzzing import FuzzingClientFactory
with open(SPECIFICATION) as file:
    factory = FuzzingClientFactory(json.load(file))
# The factory stops the reactor after the last case.
reactor.run()
