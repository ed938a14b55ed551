#pragma once
// Which mechanisms a listener has. Private to this module.
#include <algorithm>
#include <string_view>

#include "posthouse/sasl/verifier.h"

namespace posthouse::sasl {

/// True when Context::mechanisms does not leave out the mechanism called `name`.
inline bool allowed(const Context& context, std::string_view name) {
  return context.mechanisms.empty() ||
         std::find(context.mechanisms.begin(), context.mechanisms.end(), name) != context.mechanisms.end();
}

}  // namespace posthouse::sasl
