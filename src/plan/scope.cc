#include "plan/scope.h"

namespace hcb {

std::string_view name(Scope scope) {
  switch (scope) {
    case Scope::any_order:
      return "any_order";
    case Scope::given_order:
      return "given_order";
    case Scope::given_order_plain_gaps:
      return "given_order_plain_gaps";
  }
  return "";
}

std::optional<Scope> scope_named(std::string_view text) {
  for (const Scope scope : {Scope::any_order, Scope::given_order, Scope::given_order_plain_gaps}) {
    if (text == name(scope)) return scope;
  }
  return std::nullopt;
}

}  // namespace hcb
