// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Support;

/// <summary>The entry point of this assembly: the child process that a <see cref="LockViolationSink.FailFast"/> ends, or does not.</summary>
internal static class FailFastProgram
{
    public const string Argument = "fail-fast";

    public const string StillHere = "still here";

    private static int Main(string[] arguments)
    {
        if (arguments is not [Argument, string confidence])
        {
            Console.Error.WriteLine("This is a test assembly: dotnet test runs it.");
            return 2;
        }

        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.FailFast()] });
        LockClass first = LockClass.Create("A");
        LockClass second = LockClass.Create("B");
        LockMap a = new(first);
        LockMap b = new(second);
        bool isCertain = confidence == "certain";
        Nest(validator, a, b);
        Nest(validator, isCertain ? b : new LockMap(second), isCertain ? a : new LockMap(first)); // other instances: possible only
        Console.WriteLine(StillHere);
        return 0;
    }

    private static void Nest(LockValidator validator, LockMap outer, LockMap inner)
    {
        validator.Acquire(outer);
        validator.Acquire(inner);
        validator.Release(inner);
        validator.Release(outer);
    }
}
