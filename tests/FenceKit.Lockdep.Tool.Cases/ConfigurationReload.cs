// SPDX-License-Identifier: MIT
// dotnet/runtime#61747: reading options binds the configuration under a Lazy, and reloading it calls whoever watches under the lock of the providers.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

string file = Path.Combine(Path.GetTempPath(), $"lockdep-case-{Guid.NewGuid():n}.json");
File.WriteAllText(file, """{ "Shop": { "Name": "a" } }""");
try
{
    var manager = new ConfigurationManager();
    manager.AddJsonFile(file, optional: false, reloadOnChange: false);
    var services = new ServiceCollection();
    services.Configure<ShopOptions>(manager.GetSection("Shop"));
    using ServiceProvider provider = services.BuildServiceProvider();
    IOptionsMonitor<ShopOptions> monitor = provider.GetRequiredService<IOptionsMonitor<ShopOptions>>();
    int changes = 0;
    using IDisposable? watch = monitor.OnChange(_ => changes++);
    Console.WriteLine($"read: {monitor.CurrentValue.Name}");
    File.WriteAllText(file, """{ "Shop": { "Name": "b" } }""");
    ((IConfigurationRoot)manager).Reload();
    Console.WriteLine($"reloaded: {monitor.CurrentValue.Name}, told of {changes} change");
}
finally
{
    File.Delete(file);
}

internal sealed class ShopOptions
{
    public string Name { get; set; } = "";
}
