#pragma once
#include <functional>
#include <string>

#include "posthouse/sieve/run/machine.h"

namespace posthouse::sieve {

/// Calls `visit` for each field of that name that the test's ":index", ":last", ":mime" and ":anychild" let through, until
/// it returns true; returns whether it did.
bool visit_fields(Machine& machine, const Call& call, const std::string& name,
                  const std::function<bool(ReadField&)>& visit);

}  // namespace posthouse::sieve
