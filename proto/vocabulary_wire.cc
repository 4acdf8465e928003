#include "proto/vocabulary_wire.h"

#include <optional>
#include <string>

#include "common/result.h"

namespace descent {
namespace {

Status UnknownVocabularyEnum(const std::string& field, int value) {
  return Status(Code::kInvalidArgument, field + " has the unknown value " + std::to_string(value) +
                                            ": the sender is newer than this program");
}

v1::Tokenizer ToProto(Tokenizer tokenizer) {
  switch (tokenizer) {
    case Tokenizer::kByte:
      return v1::TOKENIZER_BYTE;
    case Tokenizer::kChar:
      return v1::TOKENIZER_CHAR;
    case Tokenizer::kGpt2:
      return v1::TOKENIZER_GPT2;
  }
  return v1::TOKENIZER_UNSPECIFIED;
}

Result<std::optional<Tokenizer>> FromProto(v1::Tokenizer tokenizer) {
  switch (tokenizer) {
    case v1::TOKENIZER_UNSPECIFIED:
      return std::optional<Tokenizer>();
    case v1::TOKENIZER_BYTE:
      return std::optional(Tokenizer::kByte);
    case v1::TOKENIZER_CHAR:
      return std::optional(Tokenizer::kChar);
    case v1::TOKENIZER_GPT2:
      return std::optional(Tokenizer::kGpt2);
    default:
      return UnknownVocabularyEnum("data.tokenizer", tokenizer);
  }
}

Result<std::optional<TokenType>> FromProto(v1::TokenDtype dtype) {
  switch (dtype) {
    case v1::TOKEN_DTYPE_UNSPECIFIED:
      return std::optional<TokenType>();
    case v1::TOKEN_DTYPE_UINT16:
      return std::optional(TokenType::kUint16);
    case v1::TOKEN_DTYPE_UINT32:
      return std::optional(TokenType::kUint32);
    default:
      return UnknownVocabularyEnum("data.dtype", dtype);
  }
}

}  // namespace

void SetVocabulary(const DataSpec& data, v1::DataSpec& proto) {
  const VocabularySpec& vocabulary = data.vocabulary;
  if (data.tokenizer) proto.set_tokenizer(ToProto(*data.tokenizer));
  if (!vocabulary.vocab.empty()) proto.set_vocab(vocabulary.vocab);
  if (!vocabulary.merges.empty()) proto.set_merges(vocabulary.merges);
  if (vocabulary.size != 0) proto.set_vocabulary_size(vocabulary.size);
  if (vocabulary.dtype)
    proto.set_dtype(*vocabulary.dtype == TokenType::kUint16 ? v1::TOKEN_DTYPE_UINT16
                                                            : v1::TOKEN_DTYPE_UINT32);
}

Status SetVocabulary(const v1::DataSpec& proto, DataSpec& data) {
  DESCENT_ASSIGN(data.tokenizer, FromProto(proto.tokenizer()));
  data.vocabulary.vocab = proto.vocab();
  data.vocabulary.merges = proto.merges();
  data.vocabulary.size = proto.vocabulary_size();
  DESCENT_ASSIGN(data.vocabulary.dtype, FromProto(proto.dtype()));
  return Status();
}

}  // namespace descent
