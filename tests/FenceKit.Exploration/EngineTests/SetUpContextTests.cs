namespace FenceKit.Exploration;

public class SetUpContextTests
{
    [Fact]
    public void What_a_set_up_starts_continues_on_the_threads_of_the_scenario_whatever_context_the_test_has()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new DroppingContext());
        try
        {
            Explorer.Verify(
                Scenario.Of("a flow that the set-up starts", () => new Started())
                    .Thread("signaler", state => state.Source.TrySetResult())
                    .AtEnd(state => state.Flows.CheckOver()));
            Assert.IsType<DroppingContext>(SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Never runs what is posted to it.</summary>
    private sealed class DroppingContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }

    private sealed class Started
    {
        public Started() => Flows.Start(async () => await Source.Task);

        public TaskCompletionSource Source { get; } = new();

        public Flows Flows { get; } = new();
    }
}
