// SPDX-License-Identifier: MIT
using CsCheck;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

public sealed class SnapshotTests
{
    /// <summary>Whatever a class may be called: everything but control characters and nothing but blanks.</summary>
    private static readonly Gen<string> s_names = Gen.Char["ab \\\"#->./\u00e4\u2028\u2029\ud83d\udd12E"].Array[1, 6]
        .Select(static characters => new string(characters))
        .Where(static name => !string.IsNullOrWhiteSpace(name));

    private static readonly Gen<LockOrderSnapshot> s_orders = Gen.Select(s_names, s_names, Gen.Int[1, 15])
        .Select(static (from, to, kinds) => new LockDependency(from, to == from ? from + "x" : to, (LockDependencyKinds)kinds))
        .Array[0, 7]
        .Select(static entries => LockOrderSnapshot.Create(entries));

    [Fact]
    public void A_snapshot_survives_its_text()
    {
        LockOrderSnapshot snapshot = Of("A:B", "A:C d", "x\"y\\:z");
        LockOrderSnapshot read = LockOrderSnapshot.Parse(snapshot.ToString());
        Assert.Equal(snapshot.Entries, read.Entries);
        Assert.Equal(snapshot.ToString(), read.ToString());
        Assert.Contains("A -> \"C d\" EN\n", snapshot.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Comparing_says_what_came_and_what_went()
    {
        (IReadOnlyList<LockDependency> added, IReadOnlyList<LockDependency> removed) = Of("A:B", "B:C").Compare(Of("A:B", "C:D"));
        Assert.Equal(["C"], added.Select(static entry => entry.From));
        Assert.Equal(["B"], removed.Select(static entry => entry.From));
        Assert.Equal((0, 0), (Of("A:B").Compare(Of("A:B")).Added.Count, Of("A:B").Compare(Of("A:B")).Removed.Count));
        Assert.Equal(2, Of("A:B").Merge(Of("B:C", "A:B")).Entries.Count);
    }

    [Fact]
    public void A_primed_order_is_held_against_the_first_run()
    {
        var bench = new Bench();
        bench.Validator.Prime(Of("Table:Reservation", "Reservation:Fence"));
        bench.Nest("Fence", "Table");
        LockViolation report = bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(["Fence", "Table", "Reservation"], report.ClassNames);
        Assert.Equal(LockConfidence.Possible, report.Confidence);
        Assert.Contains(report.Dependencies, static edge => edge.Origin == "the primed order");
        bench.Validator.CheckInvariants();
    }

    [Fact]
    public void What_was_primed_and_seen_is_exported()
    {
        var bench = new Bench();
        bench.Validator.Prime(Of("A:B"));
        bench.Nest("A", "B");
        bench.Nest("B", "C");
        bench.Validator.Acquire(bench["C"]);
        bench.Validator.Acquire(bench["D"], new LockAcquireOptions { Subclass = 3 });
        Assert.Equal(Of("A:B", "B:C", "C:D/3").ToString(), bench.Validator.ExportSnapshot().ToString());
        var again = new Bench();
        again.Validator.Prime(bench.Validator.ExportSnapshot());
        again.Validator.Acquire(again["D"], new LockAcquireOptions { Subclass = 3 });
        again.Validator.Acquire(again["A"]);
        again.Single(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_contradictory_order_is_refused_whole()
    {
        var bench = new Bench();
        bench.Validator.Prime(Of("A:B"));
        ArgumentException refused = Assert.Throws<ArgumentException>(() => bench.Validator.Prime(Of("B:C", "C:A")));
        Assert.Equal("snapshot", refused.ParamName);
        Assert.Equal(Of("A:B").ToString(), bench.Validator.ExportSnapshot().ToString());
        bench.Nest("C", "A");
        Assert.Empty(bench.Reports);
        Assert.Throws<InvalidOperationException>(() => bench.Validator.Prime(Of("X:Y")));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("# only a remark", "is empty")]
    [InlineData("something else", "Line 1")]
    [InlineData("FenceKit lock order 1\nA B EN", "Line 2")]
    [InlineData("FenceKit lock order 1\n\nA -> B", "Line 3")]
    [InlineData("FenceKit lock order 1\nA -> B XX", "\"XX\"")]
    [InlineData("FenceKit lock order 1\nA -> A EN", "itself")]
    [InlineData("FenceKit lock order 1\n\"A -> B EN", "does not end")]
    [InlineData("FenceKit lock order 1\n\"\" -> B EN", "empty")]
    [InlineData("FenceKit lock order 1\n\"a\tb\" -> B EN", "Line 2 of the snapshot cannot be read: a name holds a control character")]
    [InlineData("FenceKit lock order 1\n-> B EN", "Line 2")]
    public void Text_that_is_no_snapshot_is_refused_with_its_line(string text, string expected)
        => Assert.Contains(expected, Assert.Throws<FormatException>(() => LockOrderSnapshot.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Random_orders_survive_their_text_and_obey_the_laws_of_sets() => Gen.Select(s_orders, s_orders).Sample(
        static (a, b) =>
        {
            Assert.Equal(a.Entries, LockOrderSnapshot.Parse(a.ToString()).Entries);
            Assert.Equal(a.Entries, LockOrderSnapshot.Parse(a.ToString().Replace("\n", "\r\n", StringComparison.Ordinal)).Entries);
            LockOrderSnapshot merged = a.Merge(b);
            Assert.Equal(merged.Entries, b.Merge(a).Entries);
            Assert.Equal(merged.Entries, merged.Merge(a).Entries);
            Assert.Empty(a.Compare(merged).Removed);
            IReadOnlyList<LockDependency> added = a.Compare(b).Added;
            Assert.Equal(added, b.Compare(a).Removed);
            Assert.Equal(merged.Entries, a.Merge(LockOrderSnapshot.Create(added)).Entries);
        },
        iter: 4_000,
        threads: 1);

    [Fact]
    public void What_is_cut_off_binary_or_huge_is_refused_or_read_but_never_half()
    {
        string whole = Of("Long name:B", "B:C").ToString();
        for (int length = 0; length < whole.Length; length++)
        {
            string cut = whole[..length];
            try
            {
                Assert.All(LockOrderSnapshot.Parse(cut).Entries, entry => Assert.Contains(entry.From, whole, StringComparison.Ordinal));
            }
            catch (FormatException error)
            {
                Assert.Contains("snapshot", error.Message, StringComparison.Ordinal);
            }
        }

        string binary = "FenceKit lock order 1\n" + new string([.. Enumerable.Range(0, 2_000).Select(static i => (char)(i * 31 % 256))]);
        Assert.Contains("Line ", Assert.Throws<FormatException>(() => LockOrderSnapshot.Parse(binary)).Message, StringComparison.Ordinal);
        string longLine = "FenceKit lock order 1\nA -> " + new string('b', 10_000) + " EN";
        Assert.Contains("Line 2", Assert.Throws<FormatException>(() => LockOrderSnapshot.Parse(longLine)).Message, StringComparison.Ordinal);
        LockOrderSnapshot huge = LockOrderSnapshot.Create(
            [.. Enumerable.Range(0, 50_000).Select(static i => new LockDependency($"c{i}", $"c{i + 1}", LockDependencyKinds.ExclusiveToQueued))]);
        Assert.Equal(50_000, LockOrderSnapshot.Parse(huge.ToString()).Entries.Count);
    }

    [Fact]
    public void Random_text_never_gets_through_as_anything_but_a_format_error()
    {
        int refused = 0;
        Gen.Char["AB ->\"\\#ENSR\n\t/1"].Array[0, 39].Sample(
            text =>
            {
                try
                {
                    LockOrderSnapshot read = LockOrderSnapshot.Parse("FenceKit lock order 1\n" + new string(text));
                    Assert.Equal(read.ToString(), LockOrderSnapshot.Parse(read.ToString()).ToString());
                }
                catch (FormatException)
                {
                    refused++;
                }
            },
            iter: 20_000,
            threads: 1);
        Assert.True(refused > 1000);
    }

    private static LockOrderSnapshot Of(params string[] pairs) => LockOrderSnapshot.Create(pairs.Select(static pair =>
        new LockDependency(pair.Split(':')[0], pair.Split(':')[1], LockDependencyKinds.ExclusiveToQueued)));
}
