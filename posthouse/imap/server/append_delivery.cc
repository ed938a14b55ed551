#include "posthouse/imap/server/append_delivery.h"

#include <algorithm>
#include <utility>

#include "posthouse/imap/server/answers.h"

namespace posthouse::imap {
namespace {

// Without "\Recent", which some clients send back.
Flags without_recent(const Flags& flags) {
  Flags out;
  for (const SystemFlag flag :
       {SystemFlag::seen, SystemFlag::answered, SystemFlag::flagged, SystemFlag::deleted, SystemFlag::draft}) {
    if (flags.has(flag)) {
      out.add(flag);
    }
  }
  for (const std::string& other : flags.others()) {
    out.add(other);
  }
  return out;
}

}  // namespace

// RFC 3502 section 6.3.11: a literal without octets ends the whole command.
void AppendDelivery::end_message() {
  if (messages_ != 0 && size_ == 0) {
    throw MailError("CANNOT", "A message without octets is none");
  }
  if (converter_) {
    converter_->end();
    converter_.reset();
  }
}

void AppendDelivery::begin(const AppendPart& part) {
  if (part.begins_message) {
    end_message();
    require_storable(part.flags);
    delivery_->begin({.flags = without_recent(part.flags), .date = part.date});
    ++messages_;
    size_ = 0;
    last_ = '\0';
    if (part.binary || part.catenate) {
      converter_.emplace([this](std::string_view octets) { write_lines(octets); });
    }
  }
  if (part.size > limit_ - std::min(limit_, size_)) {
    throw MailError("TOOBIG", "A message has " + std::to_string(limit_) + " octets at most");
  }
}

void AppendDelivery::write(std::string_view octets) {
  if (octets.empty()) {
    return;
  }
  size_ += octets.size();
  if (size_ > limit_) {
    throw MailError("TOOBIG", "A message has " + std::to_string(limit_) + " octets at most");
  }
  if (converter_) {
    return converter_->write(octets);
  }
  write_lines(octets);
}

void AppendDelivery::write_lines(std::string_view octets) {
  if (octets.empty()) {
    return;
  }
  if (octets.find('\0') != std::string_view::npos) {
    throw MailError("CANNOT", "A message with NUL in it cannot be kept");
  }
  mended_.clear();
  std::size_t done = 0;
  for (std::size_t lf = octets.find('\n'); lf != std::string_view::npos; lf = octets.find('\n', lf + 1)) {
    if ((lf == 0 ? last_ : octets[lf - 1]) != '\r') {
      mended_.append(octets.substr(done, lf - done)).append("\r");
      done = lf;
    }
  }
  last_ = octets.back();
  if (done == 0 && mended_.empty()) {
    return delivery_->write(octets);
  }
  mended_.append(octets.substr(done));
  delivery_->write(mended_);
}

Delivery::Done AppendDelivery::commit(OpenMailbox* selected) {
  end_message();
  return replaces_ ? delivery_->commit_replacing(*selected, *replaces_) : delivery_->commit();
}

}  // namespace posthouse::imap
