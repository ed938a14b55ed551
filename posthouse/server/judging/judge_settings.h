#pragma once
// How unwanted mail is told from wanted: the table [junk] of the configuration. Private to this module.
#include <vector>

#include "posthouse/server/config/schema.h"

namespace posthouse::server {

struct JudgeSettings {
  bool enabled = true;    ///< Mail of other servers is judged.
  double required = 5.0;  ///< The score from which on it goes to the mailbox with "\Junk".
  bool learn = true;      ///< By what people put into that mailbox and take out of it.
};

std::vector<Setting> judge_settings();

}  // namespace posthouse::server
