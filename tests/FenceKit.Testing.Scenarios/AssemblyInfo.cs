// SPDX-License-Identifier: MIT
using FenceKit.Testing;

// begin: TestingAttribute
[assembly: FailOnLockViolation]
// end: TestingAttribute
