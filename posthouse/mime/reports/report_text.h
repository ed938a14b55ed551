#pragma once
// What a delivery report says to a person, in the language of the letter. Private to this module.
#include <string>

#include "posthouse/mime/reports/delivery_report.h"

namespace posthouse::mime {

/// The Subject: in ASCII or UTF-8.
std::string report_subject(const DeliveryReport& report);
/// The first part, in UTF-8 with LF line ends: what became of each recipient, the peer's own words, what to do.
std::string report_text(const DeliveryReport& report);

}  // namespace posthouse::mime
