import AtelierCommand

Command.main(CommandLine.arguments)
