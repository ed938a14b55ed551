#include "posthouse/milter/result/modification.h"

#include "posthouse/base/text.h"

namespace posthouse::milter {
namespace {

struct Describer {
  std::string operator()(const AddHeader& added) const { return "adds " + added.name; }
  std::string operator()(const InsertHeader& added) const {
    return "puts " + added.name + " at " + std::to_string(added.index);
  }
  std::string operator()(const ChangeHeader& changed) const {
    return (changed.value.empty() ? "takes out " : "changes ") + changed.name;
  }
  std::string operator()(const ReplaceBody& replaced) const {
    return "puts a body of " + std::to_string(replaced.body.size()) + " octets in its place";
  }
  std::string operator()(const AddRecipient& added) const { return "adds <" + added.address + ">"; }
  std::string operator()(const RemoveRecipient& removed) const { return "removes <" + removed.address + ">"; }
  std::string operator()(const ChangeSender& changed) const { return "has it come from <" + changed.address + ">"; }
  std::string operator()(const Quarantine& quarantined) const { return "quarantines it: " + quarantined.reason; }
};

}  // namespace

std::string describe(const Modification& modification) {
  return printable(std::visit(Describer(), modification), 400);
}

}  // namespace posthouse::milter
