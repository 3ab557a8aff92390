// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

[Trait("Suite", "KernelMatrix")]
public sealed class KernelMatrixTests
{
    public static TheoryData<string> Names(IEnumerable<MatrixCase> cases) => new(cases.Select(static one => one.ToString()));

    public static TheoryData<string> OrderNames => Names(MatrixCases.Order());

    public static TheoryData<string> ReaderNames => Names(MatrixCases.Readers().Concat(MatrixCases.ThreeReaders()));

    public static TheoryData<string> ContextNames => Names(MatrixCases.Contexts().Concat(MatrixCases.ReadRecursion()));

    public static TheoryData<string> NewerNames => Names(MatrixCases.Newer());

    [Theory]
    [MemberData(nameof(OrderNames))]
    public void Pure_order(string name) => Check(MatrixCases.Order().Single(one => one.ToString() == name));

    [Theory]
    [MemberData(nameof(ReaderNames))]
    public void Readers(string name)
        => Check(MatrixCases.Readers().Concat(MatrixCases.ThreeReaders()).Single(one => one.ToString() == name));

    [Theory]
    [MemberData(nameof(ContextNames))]
    public void Interrupting_contexts(string name)
        => Check(MatrixCases.Contexts().Concat(MatrixCases.ReadRecursion()).Single(one => one.ToString() == name));

    [Theory]
    [MemberData(nameof(NewerNames))]
    public void Newer_groups(string name) => Check(MatrixCases.Newer().Single(one => one.ToString() == name));

    private static void Check(MatrixCase one)
    {
        MatrixJudge.Check(one, threadPerEvent: false);
        MatrixJudge.Check(one, threadPerEvent: true);
    }
}
