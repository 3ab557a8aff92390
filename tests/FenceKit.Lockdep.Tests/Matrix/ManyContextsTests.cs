// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>The kernel has two contexts; a program may have any number, in a chain or side by side.</summary>
[Trait("Suite", "KernelMatrix")]
public sealed class ManyContextsTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    public void Each_of_n_contexts_behaves_like_the_kernels(int count, bool isChain)
    {
        char[] letters = [.. "JKNO".Take(count)];
        int run = 0;
        foreach (char letter in letters)
        {
            foreach (MatrixCase one in MatrixCases.ForContext(letter).Concat(MatrixCases.ReadRecursionIn(letter)))
            {
                Run(one, letters, isChain);
                run++;
            }
        }

        int pairs = 0;
        for (int inner = 1; isChain && inner < count; inner++)
        {
            for (int outer = 0; outer < inner; outer++, pairs++)
            {
                foreach (MatrixCase one in MatrixCases.ForPair(letters[inner], letters[outer]))
                {
                    Run(one, letters, isChain);
                    run++;
                }
            }
        }

        Assert.Equal((66 + 36) * count + 6 * pairs, run);
    }

    [Fact]
    public void The_hundredth_context_is_as_good_as_the_first()
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        InterruptingContext last = validator.DefineContext("0");
        for (int i = 1; i < 100; i++)
        {
            last = validator.DefineContext(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var a = new LockMap(LockClass.Create("A"));
        using (validator.EnterContext(last))
        {
            validator.Acquire(a);
            validator.Release(a);
        }

        using (validator.MaskContext(last))
        {
            validator.Acquire(a);
            validator.Release(a);
        }

        Assert.Empty(sink.Violations);
        validator.Acquire(a);
        validator.Release(a);
        LockViolation report = Assert.Single(sink.Violations);
        Assert.Equal(LockViolationKind.ContextInversion, report.Kind);
        Assert.Contains("99", report.Message, StringComparison.Ordinal);
    }

    private static void Run(MatrixCase one, char[] letters, bool isChain)
    {
        var runner = new ScenarioRunner(one.Default);
        for (int i = 0; i < letters.Length; i++)
        {
            runner.Define(letters[i], isChain && i > 0 ? letters[i - 1] : null);
        }

        MatrixJudge.Run(runner, one, threadPerEvent: false);
        MatrixJudge.Judge(runner, one);
    }
}
