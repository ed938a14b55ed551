#pragma once

// The names of this folder are still those of net.
namespace posthouse {
namespace net {}
namespace fiber = net;
}  // namespace posthouse
