#pragma once
// What the commands and tests do; the machine calls them.
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sieve/run/machine.h"

namespace posthouse::sieve::verbs {

// Actions.
void keep(Machine& machine, const Call& call);
void discard(Machine& machine, const Call& call);
void fileinto(Machine& machine, const Call& call);
void redirect(Machine& machine, const Call& call);
void reject(Machine& machine, const Call& call);
void vacation(Machine& machine, const Call& call);
void notify(Machine& machine, const Call& call);
void add_header(Machine& machine, const Call& call);
void delete_header(Machine& machine, const Call& call);

// Variables and flags.
void set(Machine& machine, const Call& call);
void extract_text(Machine& machine, const Call& call);
void change_flags(Machine& machine, const Call& call);

// Tests.
bool address(Machine& machine, const Call& call);
bool header(Machine& machine, const Call& call);
bool exists(Machine& machine, const Call& call);
bool envelope(Machine& machine, const Call& call);
bool size(Machine& machine, const Call& call);
bool body(Machine& machine, const Call& call);
bool date(Machine& machine, const Call& call);
bool current_date(Machine& machine, const Call& call);
bool string(Machine& machine, const Call& call);
bool has_flag(Machine& machine, const Call& call);
bool duplicate(Machine& machine, const Call& call);
bool environment(Machine& machine, const Call& call);
bool mailbox_exists(Machine& machine, const Call& call);
bool metadata(Machine& machine, const Call& call);
bool metadata_exists(Machine& machine, const Call& call);
bool special_use_exists(Machine& machine, const Call& call);
bool spam_test(Machine& machine, const Call& call);
bool valid_ext_list(Machine& machine, const Call& call);
bool valid_notify_method(Machine& machine, const Call& call);
bool notify_method_capability(Machine& machine, const Call& call);

}  // namespace posthouse::sieve::verbs
