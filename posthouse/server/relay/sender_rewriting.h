#pragma once
// Senders of letters that are sent on (mail::Srs), as the configuration wants it. Private to this module.
#include <memory>

#include "posthouse/mail/srs.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// Who rewrites senders by `config`; null where that is off. The secret is that of the file named, or of one in the data folder,
/// which is made when it is not there. Blocks. Throws Error (Errc::config) when it cannot be read or made.
std::shared_ptr<const mail::Srs> sender_rewriter(const Config& config);

}  // namespace posthouse::server
