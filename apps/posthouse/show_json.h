#pragma once
#include <string>

#include "posthouse/mime/mime.h"

namespace posthouse::app {

/// The message as JSON without line ends: headers, defects, and the tree of parts with the digests of their contents.
std::string json_line(const std::string& file, const mime::Message& message);

}  // namespace posthouse::app
