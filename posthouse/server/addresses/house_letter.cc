#include "posthouse/server/addresses/house_letter.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/fiber/time.h"
#include "posthouse/mime/compose/message_builder.h"

namespace posthouse::server {
namespace {

constexpr auto house_letter_life = std::chrono::hours(24 * 5);

}  // namespace

std::optional<HouseLetter> wrap_house_letter(store::Store& store, const std::string& address,
                                             const store::Resolution& resolution, const std::string& message) {
  HouseLetter made;
  if (resolution.status == store::Resolution::Status::ok) {
    made.to.add_local(resolution, address);
  } else if (resolution.status == store::Resolution::Status::no_such_domain && !queue::domain_of(address).empty()) {
    made.to.add_remote(address);
  }
  if (made.to.empty()) {
    return std::nullopt;
  }
  store::BodyWriter body = store.new_body();
  body.append(message);
  made.letter = {
      .body = body.finish(),
      .smtputf8 = !is_ascii(address),
      .eight_bit = !is_ascii(message),
      .expires_at = std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now()) + house_letter_life};
  return made;
}

std::optional<HouseLetter> write_house_letter(store::Store& store, const std::string& hostname,
                                              const std::string& address, const store::Resolution& resolution,
                                              const HouseText& text) {
  mime::MessageBuilder builder;
  builder.from("Postmaster", "postmaster@" + hostname)
      .to("", address)
      .subject(text.subject + " / " + text.subject_zh)
      .date(fiber::wall_now())
      .header("Auto-Submitted", "auto-generated")
      .text(text.text + "\n\n" + text.text_zh + "\n");
  return wrap_house_letter(store, address, resolution, builder.build());
}

}  // namespace posthouse::server
