namespace WhatsApp.Load;

/// <summary>One thing that is measured. One file each; listed in Program.cs.</summary>
internal interface IScenario
{
    /// <summary>As typed on the command line.</summary>
    string Name { get; }

    /// <summary>Its arguments and what it shows, in one line.</summary>
    string Usage { get; }

    /// <summary>Measures.</summary>
    /// <exception cref="FormatException">Arguments that are not understood.</exception>
    Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken);
}
