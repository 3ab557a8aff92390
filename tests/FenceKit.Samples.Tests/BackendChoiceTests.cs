// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;

namespace FenceKit.Samples.Tests;

/// <summary>Real, simulated, or not at all: on machines whose kernel allows everything, refuses everything, or half of it.</summary>
public sealed class BackendChoiceTests
{
    private const string Real = "userfaultfd+io_uring";
    private const string Simulated = "simulated";

    [Fact]
    public void Auto_WhereTheKernelAllowsEverything_IsReal()
    {
        BackendChoice choice = BackendChoice.Make(BackendWish.Auto, required: null, Machine());

        Assert.Equal(Real, choice.Backend.Name);
        Assert.Null(choice.WhySimulated);
    }

    [Fact]
    public void Auto_WhereTheKernelRefusesAPart_IsSimulatedAndSaysWhichAndWhy()
    {
        BackendChoice choice = BackendChoice.Make(BackendWish.Auto, required: null, Machine(uring: "no such call"));

        Assert.Equal(Simulated, choice.Backend.Name);
        Assert.Equal("uring: no such call", choice.WhySimulated);
    }

    [Fact]
    public void Real_WhereTheKernelRefusesAPart_Fails()
    {
        var failure = Assert.Throws<RequirementException>(
            () => BackendChoice.Make(BackendWish.Real, required: null, Machine(uffd: "not permitted")));

        Assert.Contains("uffd: not permitted", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uffd")]
    [InlineData("uffd,uring")]
    [InlineData(" uring , uffd ")]
    public void Requirement_OfARefusedPart_FailsInsteadOfSimulating(string required)
    {
        var failure = Assert.Throws<RequirementException>(
            () => BackendChoice.Make(BackendWish.Auto, required, Machine(uffd: "not permitted")));

        Assert.Contains("FENCEKIT_REQUIRE demands 'uffd'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("not permitted", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("uffd")]
    [InlineData("vulkan,redis,nats")]
    public void Requirement_OfNothingThatIsMissing_ChangesNothing(string? required) =>
        Assert.Equal(Simulated, BackendChoice.Make(BackendWish.Auto, required, Machine(uring: "no such call")).Backend.Name);

    // Whoever adds a real part to the list of the build server says here that it means nothing to this sample.
    [Fact]
    public void Requirement_OfTheBuildServer_NamesNoPartThatNobodyKnows()
    {
        string script = File.ReadAllText(Path.Combine(Proof.Root, ".ci", "run"));
        string list = script.Split('\n').Single(line => line.StartsWith("export FENCEKIT_REQUIRE=", StringComparison.Ordinal)).Split('=')[1];

        Assert.Equal(Real, BackendChoice.Make(BackendWish.Auto, list, Machine()).Backend.Name);
    }

    [Fact]
    public void Simulated_WhenAskedFor_IgnoresWhatIsRequired() =>
        Assert.Equal(Simulated, BackendChoice.Make(BackendWish.Simulated, "uffd,uring", Machine(uffd: "no")).Backend.Name);

    private static Dictionary<string, Func<string?>> Machine(string? uffd = null, string? uring = null) =>
        new() { ["uffd"] = () => uffd, ["uring"] = () => uring };
}
