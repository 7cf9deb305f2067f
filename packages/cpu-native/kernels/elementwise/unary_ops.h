// Codes of the unary kernel; 1..12 are coracle_activation. backend-x86/src/kernels/unary.ts holds the same.
#pragma once

namespace coracle::CORACLE_ISA {
namespace {

enum UnaryOp {
  kAbs = 32,
  kNeg = 33,
  kSign = 34,
  kCeil = 35,
  kFloor = 36,
  kRound = 37,
  kSqrt = 38,
  kReciprocal = 39,
  kExp = 40,
  kLog = 41,
  kSin = 42,
  kCos = 43,
  kTan = 44,
  kAsin = 45,
  kAcos = 46,
  kAtan = 47,
  kSinh = 48,
  kCosh = 49,
  kAsinh = 50,
  kAcosh = 51,
  kAtanh = 52,
  kErf = 53,
  kSoftsign = 54,
  kCelu = 55,
  kThresholdedRelu = 56,
  kSelu = 57,
  kShrink = 58,
  kSquare = 59,
  kCube = 60,
  kPowScalar = 61,
};

}  // namespace
}  // namespace coracle::CORACLE_ISA
