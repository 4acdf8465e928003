#pragma once

#include "common/data_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of SetDataDefaults that is about tokens: the tokenizer of text.
void SetVocabularyDefaults(DataSpec& data);

// The part of CheckData that is about tokens: that a tokenizer has its files, and a size.
void CheckVocabulary(const DataSpec& data, SpecChecker& checker);

}  // namespace descent
