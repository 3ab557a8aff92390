// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// The last resort for a finding that no sink has accepted. Never throws, because it is called from code that acquires a lock.
/// </summary>
internal static class StandardError
{
#pragma warning disable CA1031 // There is no one left to report to.
    internal static void Write(string text)
    {
        try
        {
#pragma warning disable RS0030 // A library does not write to the console, unless a finding would be lost otherwise.
            Console.Error.WriteLine(text);
#pragma warning restore RS0030
        }
        catch (Exception)
        {
            // Standard error is closed or fails; the finding is still in LockValidator.Violations.
        }
    }

    /// <summary>The text of an exception. Its ToString may be user code, and may throw.</summary>
    internal static string TextOf(Exception exception)
    {
        try
        {
            return exception.ToString();
        }
        catch (Exception)
        {
            return exception.GetType().ToString();
        }
    }
#pragma warning restore CA1031
}
