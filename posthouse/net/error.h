#pragma once
// The one error type of net, see there why it is fiber's.
#include "posthouse/fiber/error.h"

namespace posthouse::net {

using fiber::Errc;
using fiber::Error;
using fiber::is_canceled;
using fiber::to_string;

}  // namespace posthouse::net
