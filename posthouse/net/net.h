#pragma once
// All of posthouse::net: streams, listeners, TLS, fibers, scopes, locks, time, names.
#include "posthouse/net/address.h"          // IWYU pragma: export
#include "posthouse/net/certificate.h"      // IWYU pragma: export
#include "posthouse/net/error.h"            // IWYU pragma: export
#include "posthouse/net/listener.h"         // IWYU pragma: export
#include "posthouse/net/random.h"           // IWYU pragma: export
#include "posthouse/net/resolver.h"         // IWYU pragma: export
#include "posthouse/net/run.h"              // IWYU pragma: export
#include "posthouse/net/scope.h"            // IWYU pragma: export
#include "posthouse/net/signals.h"          // IWYU pragma: export
#include "posthouse/net/stream.h"           // IWYU pragma: export
#include "posthouse/net/sync.h"             // IWYU pragma: export
#include "posthouse/net/time.h"             // IWYU pragma: export
#include "posthouse/net/tls.h"              // IWYU pragma: export
#include "posthouse/net/tls_mode.h"         // IWYU pragma: export
#include "posthouse/net/trace.h"            // IWYU pragma: export
#include "posthouse/net/transport.h"        // IWYU pragma: export
#include "posthouse/net/unique_function.h"  // IWYU pragma: export
