namespace FenceKit.Exploration;

/// <summary>Asynchronous methods that a scenario has started. At the end each of them must be over, and must not have failed.</summary>
internal sealed class Flows
{
    private readonly List<Task> _flows = [];

    public void Start(Func<Task> flow) => _flows.Add(flow());

    public void CheckOver()
    {
        foreach (Task flow in _flows)
        {
            Assert.True(flow.IsCompleted, "an asynchronous method was never continued");
            flow.GetAwaiter().GetResult();
        }
    }
}
