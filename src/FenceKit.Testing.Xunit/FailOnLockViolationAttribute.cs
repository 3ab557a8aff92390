// SPDX-License-Identifier: MIT
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>
/// <c>[assembly: FailOnLockViolation]</c>: each finding of the lock validator that no test expects fails the test at whose end it is known, with the
/// report as the failure, whatever the test did with what was thrown at the lock. What is found later fails the run.
/// </summary>
/// <remarks>
/// It is the test framework of xunit 2.9 with one thing added, so an assembly cannot have another one of its own. Tests that run at the same
/// time share the validator: the failure names all that were running when it was found.
/// </remarks>
[TestFrameworkDiscoverer("FenceKit.Testing.LockdepTestFrameworkDiscoverer", "FenceKit.Testing.Xunit")]
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class FailOnLockViolationAttribute : Attribute, ITestFrameworkAttribute;

/// <summary>Called by xunit.</summary>
internal sealed class LockdepTestFrameworkDiscoverer : ITestFrameworkTypeDiscoverer
{
    public Type GetTestFrameworkType(IAttributeInfo attribute) => typeof(LockdepTestFramework);
}
