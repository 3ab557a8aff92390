// SPDX-License-Identifier: MIT
using System.Reflection;
using Xunit;
using Xunit.v3;

namespace FenceKit.Testing;

/// <summary>
/// <c>[assembly: FailOnLockViolation]</c>: each finding of the lock validator that no test expects fails the test at whose end it is known, with the
/// report as the failure and as attachments, whatever the test did with what was thrown at the lock. What is found later fails the run.
/// </summary>
/// <remarks>Tests that run at the same time share the validator: the failure names all that were running when it was found.</remarks>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class FailOnLockViolationAttribute : BeforeAfterTestAttribute, IAssemblyFixtureAttribute
{
    /// <summary>Fails the run for what is found after the last test.</summary>
    public Type AssemblyFixtureType => typeof(LockdepFixture);

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        LockdepTestRun.Default.TestStarted(test.TestDisplayName);
    }

    /// <inheritdoc/>
    /// <exception cref="UnexpectedViolationException">Something was found, or something expected was not.</exception>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        LockdepTestRun run = LockdepTestRun.Default;
        run.TestFinished(test.TestDisplayName);
        if (run.TakeFailure() is { } failure)
        {
            Attach(failure);
            throw failure;
        }
    }

    private static void Attach(UnexpectedViolationException failure)
    {
        foreach (string file in failure.Attachments)
        {
            string mediaType = Path.GetExtension(file) switch
            {
                ".html" => "text/html",
                ".sarif" => "application/sarif+json",
                _ => "text/plain",
            };
            TestContext.Current.AddAttachment($"lockdep{Path.GetExtension(file)}", File.ReadAllBytes(file), mediaType);
        }
    }
}
